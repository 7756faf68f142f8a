package config

import "github.com/pelletier/go-toml/v2/unstable"

// placesOf finds where the values of text stand. Of a text that its parser
// refuses, though the decoder took it, it knows what comes before the refusal.
func placesOf(text string) *place {
	var p unstable.Parser
	p.Reset([]byte(text))
	s := survey{parser: &p, text: text, root: &place{index: -1, quote: -1}}
	s.table = s.root
	for p.NextExpression() {
		s.statement(p.Expression())
	}
	return s.root
}

// survey builds the tree of places statement by statement.
type survey struct {
	parser *unstable.Parser
	text   string
	root   *place
	table  *place // the one of the last header
}

func (s *survey) statement(n *unstable.Node) {
	switch n.Kind {
	case unstable.Table:
		s.table, _ = s.header(n)
	case unstable.ArrayTable:
		array, offset := s.header(n)
		s.table = array.item(len(array.items)).at(offset)
	case unstable.KeyValue:
		s.keyValue(s.table, n)
	}
}

// header is the place that a header names, and where the header begins.
func (s *survey) header(n *unstable.Node) (*place, int) {
	at, offset := s.root, -1
	for it := n.Key(); it.Next(); {
		if offset < 0 {
			offset = s.bracket(it.Node())
		}
		at = latest(at).key(string(it.Node().Data)).at(offset)
	}
	return at, offset
}

// bracket is the offset of the bracket that opens the header of key.
func (s *survey) bracket(key *unstable.Node) int {
	at := int(key.Raw.Offset)
	for at > 0 && (s.text[at-1] == '[' || s.text[at-1] == ' ' || s.text[at-1] == '\t') {
		at--
	}
	for s.text[at] != '[' {
		at++
	}
	return at
}

// latest is the last element of an array of tables, which further headers
// mean; any other place is itself.
func latest(p *place) *place {
	if n := len(p.items); n > 0 {
		return p.items[n-1]
	}
	return p
}

func (s *survey) keyValue(table *place, n *unstable.Node) {
	at := table
	for it := n.Key(); it.Next(); {
		key := it.Node()
		at = latest(at).key(string(key.Data)).at(int(key.Raw.Offset))
	}
	s.value(at, n.Value())
}

func (s *survey) value(at *place, n *unstable.Node) {
	switch n.Kind {
	case unstable.Array:
		for it := n.Children(); it.Next(); {
			s.element(at.item(len(at.items)), it.Node())
		}
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			s.keyValue(at, it.Node())
		}
	case unstable.String:
		if n.Raw.Length > 0 {
			at.quote = int(n.Raw.Offset)
		}
	case unstable.Float:
		at.float = string(n.Data)
	}
}

func (s *survey) element(at *place, n *unstable.Node) {
	// An array in an array has no range of its own and stays where the outer
	// one is.
	if n.Raw.Length > 0 {
		at.at(int(n.Raw.Offset))
	}
	s.value(at, n)
}
