package ctl

import (
	"errors"

	"github.com/penstock/penstock/rpc"
)

// each asks for one thing after the other. That one of them is refused does
// not keep the others from being asked for; that nobody answers does.
func each[T any](all []T, ask func(T) error) error {
	var refused []error
	for _, one := range all {
		err := ask(one)
		var refusal *rpc.Error
		switch {
		case errors.As(err, &refusal):
			refused = append(refused, err)
		case err != nil:
			return errors.Join(append(refused, err)...)
		}
	}
	return errors.Join(refused...)
}
