// Package plan resolves a definition into what one run of it will do: it turns
// a [config.Pipeline] and what a run is asked with into a [run.Plan], or says
// all that stands against it before anything exists.
//
// It is pure: the same definition and the same request make the same plan. The
// daemon, `penstockctl simulate` and `penstockctl test` share it.
//
// # In order
//
//  1. Inputs are checked against their declarations and get their defaults.
//  2. Run-level rules decide whether there is a run, and with which variables.
//  3. Each step's rules decide whether it is in the run, and how.
//  4. Matrices become steps of their own, needs on them needs on their cells.
//  5. Needs are resolved; one on a step that rules left out is refused unless it
//     is optional.
//  6. Templates are evaluated, but for what is known only when an attempt begins
//     (outputs of steps, the number of the run): that is kept as it is written,
//     apart from values, and [Settings] and [Environment] evaluate it then.
package plan
