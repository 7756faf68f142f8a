package config

import (
	"slices"
	"strings"
)

const (
	maxTriggers = 100 // of one pipeline
	maxSubQueue = 25  // bytes, as for a run that is started by hand
)

// triggerKinds are the keys one of which a trigger has.
var triggerKinds = []TriggerKind{OnSchedule, AfterPipeline, OnFiles, OnKey}

// scheduleKeys say more of a schedule, and of nothing else.
var scheduleKeys = []string{"timezone", "from", "until", "jitter", "include", "exclude", "shift", "catch_up", "window"}

// triggers reads the triggers, each name once, and each key of callers once.
func (t table) triggers(p *Pipeline) []Trigger {
	tables := t.subs("trigger", "[[trigger]]")
	if len(tables) > maxTriggers {
		t.report(t.key("trigger").item(maxTriggers), "there are %d triggers; at most %d are allowed", len(tables), maxTriggers)
	}
	var all []Trigger
	first, keys := map[string]*place{}, map[string]*place{}
	for _, sub := range tables {
		if sub.values == nil {
			all = append(all, Trigger{}) // it was reported
			continue
		}
		one := sub.trigger(p)
		sub.refuseSameTrigger(one.Name, first)
		sub.refuseSameKey(one.Key, keys)
		all = append(all, one)
	}
	return all
}

// refuseSameTrigger reports a name that another trigger has. Most often it is
// the default of two of one kind.
func (t table) refuseSameTrigger(name string, first map[string]*place) {
	at := t.place
	if t.has("name") {
		at = t.key("name")
	}
	taken, again := first[name]
	switch {
	case name == "":
	case again && !t.has("name"):
		t.report(at, "the trigger %s is there already, at %s: give each of them a name = \"…\" of its own", quote(name), t.line(taken))
	case again:
		t.report(at, "the trigger %s is there already, at %s", quote(name), t.line(taken))
	default:
		first[name] = at
	}
}

func (t table) refuseSameKey(key string, first map[string]*place) {
	if key == "" {
		return
	}
	if taken, again := first[key]; again {
		t.report(t.key("key"), "calls with the key %s are described already, at %s", quote(key), t.line(taken))
		return
	}
	first[key] = t.key("key")
}

func (t table) trigger(p *Pipeline) Trigger {
	t.allow(triggerKind, pipelineKind)
	trigger := Trigger{Kind: t.triggerKind(), Variables: t.variables("variables")}
	if trigger.Name = string(trigger.Kind); t.has("name") {
		trigger.Name = t.name("name", "")
	}
	switch trigger.Kind {
	case OnSchedule:
		trigger.Schedule = t.schedule()
	case AfterPipeline:
		trigger.After = t.after(p.Name)
	case OnFiles:
		trigger.Files = t.files()
	case OnKey:
		trigger.Key = t.name("key", "")
	}
	trigger.Inputs = t.givenInputs(&trigger, p)
	trigger.SubQueue = t.subQueue()
	if t.has("overlap") {
		overlap := t.overlap()
		trigger.Overlap = &overlap
	}
	trigger.PauseOnFailure, _ = t.boolean("pause_on_failure")
	t.refuseValues(p.Type)
	return trigger
}

// triggerKind is the kind that the keys make the trigger; "" where they make it
// none.
func (t table) triggerKind() TriggerKind {
	var found []TriggerKind
	for _, k := range triggerKinds {
		if t.has(string(k)) {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		t.missing("schedule", "a trigger waits for something: it has schedule, after, files or key")
		return ""
	case 1:
		t.refuseOfSchedule(found[0])
	default:
		t.report(t.key(string(found[1])), "%s beside %s: a trigger waits for one thing; write two [[trigger]]", found[1], found[0])
	}
	return found[0]
}

// refuseOfSchedule reports keys of schedules in a trigger that is none.
func (t table) refuseOfSchedule(kind TriggerKind) {
	if kind == OnSchedule {
		return
	}
	for _, key := range scheduleKeys {
		if t.has(key) {
			t.report(t.key(key), "%s belongs to a schedule, and this trigger has %s", key, kind)
		}
	}
}

// refuseValues reports values for the runs of a pipeline whose values do not
// change.
func (t table) refuseValues(of Type) {
	for _, key := range []string{"inputs", "variables"} {
		if of == Standard && t.has(key) {
			t.report(t.key(key), `a trigger of a standard pipeline gives no %s, because its values do not change from run to run: write type = "dynamic"`, key)
		}
	}
}

func (t table) subQueue() string {
	s, ok := t.text("sub_queue")
	switch {
	case ok && strings.TrimSpace(s) == "":
		t.report(t.key("sub_queue"), "sub_queue is empty; leave it out where runs need none")
	case len(s) > maxSubQueue:
		t.report(t.key("sub_queue"), "sub_queue has %d bytes; at most %d are allowed", len(s), maxSubQueue)
	}
	return s
}

// Trigger finds a trigger by its name; nil if there is none.
func (p *Pipeline) Trigger(name string) *Trigger {
	i := slices.IndexFunc(p.Triggers, func(t Trigger) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Triggers[i]
}
