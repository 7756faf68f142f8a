// Package simulation plays a run in a world of its own: the plan, the rules and
// the events are those of the daemon (packages plan, run and policy), but the
// clock, the plugins and the people are made up. `penstockctl simulate` and
// `penstockctl test` are made of it, and whoever wants to compare a daemon with
// the rules that it should follow.
//
// It owns a virtual clock and the ends of attempts that are to come. It promises
// that the same plan and the same story make the same run, to the nanosecond;
// that what does not fit is an error and changes nothing; and that a step gets
// here the settings and the environment that its plugin would get. It refuses
// to decide: which step begins, waits or is left out is for [run.Run] to say. It
// reads no clock and has no input or output.
//
// # Two ways to tell a story
//
// By hand nothing begins by itself: an admitted step stays pending until
// [World.Begin] or [World.End] names it, and time passes in [World.Wait] only.
// That is how cases of job processing are written, and how a person walks
// through a run.
//
// By itself, after [World.Play], each step that may begin does, in the order of
// the plan while there are places, and ends as its script says, after as long
// as it says: tests of pipelines are played so. Of what comes at the same time
// attempts end first, then delays and timeouts come, then people act.
//
// # What is simpler than the world
//
// What is told to stop is gone at once: a canceled step is canceled, never
// canceling. A resource group is free when no step of this run has it. An
// attempt that works longer than its step's timeout fails with step_timeout at
// that moment; whether it was silent meanwhile is not known. No attempt is lost
// unless its script says so. A step that starts a run stands for none: it works
// and ends as any other does; its settings are read as the daemon reads them, and
// its environment is what would go down to the run.
package simulation
