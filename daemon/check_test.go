package daemon

import (
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestAPlaceholderIsNoProblemOfItsPlugin(t *testing.T) {
	h := newHouse(t)
	const head = "name = \"p\"\ntype = \"dynamic\"\ninput = [{ name = \"pause\", default = \"soon\" }]\n" +
		"[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"a\"\nuses = \"sleep\"\n"
	h.apply(head + `with = { for = "{{ inputs.pause }}" }`)
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: head + `with = { for = "{{ inputs.pause }}", until = 3 }`})
	if codeOf(err) != rpc.CodeInvalid {
		t.Errorf("a setting that sleep does not have: %v", err)
	}
	_, err = h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: head + `with = { for = "soon" }`})
	if codeOf(err) != rpc.CodeInvalid {
		t.Errorf("a fixed setting that is wrong: %v", err)
	}
}
