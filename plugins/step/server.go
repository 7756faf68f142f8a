package step

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/step/tree"
)

// remembered is how many ended attempts a process knows by name. An older one
// is known by its directory.
const remembered = 256

// server is the service of step.proto.
type server struct {
	steppb.UnimplementedStepServer

	plugin *plugin
	keeper *tree.Keeper
	holder protocol.Holder
	life   *life
	work   sync.WaitGroup // attempts that run

	mu       sync.Mutex
	attempts map[string]*attempt // at work, and the last that ended
	ended    []string            // oldest first
}

func (s *server) Describe(context.Context, *steppb.DescribeRequest) (*steppb.Description, error) {
	return s.plugin.description(), nil
}

func (s *server) Check(_ context.Context, request *steppb.CheckRequest) (*steppb.CheckResponse, error) {
	answer := &steppb.CheckResponse{}
	for _, p := range s.plugin.check(request.GetSettings()) {
		answer.Problems = append(answer.Problems, &steppb.Problem{Path: p.Path, Message: p.String()})
	}
	return answer, nil
}

func (s *server) Start(request *steppb.StartRequest, stream grpc.ServerStreamingServer[steppb.Progress]) error {
	name, directory := request.GetAttempt(), request.GetDirectory()
	if name == "" || !filepath.IsAbs(directory) {
		return status.Errorf(codes.InvalidArgument, "start needs the name of an attempt and an absolute directory, not %q and %q", name, directory)
	}
	a, fresh, err := s.admit(name, directory)
	if err != nil {
		return err
	}
	if fresh {
		s.begin(a)
	}
	return a.follow(stream.Context(), stream.Send)
}

func (s *server) Cancel(_ context.Context, request *steppb.CancelRequest) (*steppb.CancelResponse, error) {
	s.mu.Lock()
	a := s.attempts[request.GetAttempt()]
	s.mu.Unlock()
	if a != nil {
		a.stop(errCanceled, request.GetForce())
	}
	return &steppb.CancelResponse{}, nil
}

// admit returns the attempt called name, and whether it is new to this process.
func (s *server) admit(name, directory string) (a *attempt, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.attempts[name]; a != nil {
		return a, false, nil
	}
	s.work.Add(1)
	if err := s.life.enter(); err != nil {
		s.work.Done()
		return nil, false, err
	}
	a = newAttempt(name, directory)
	s.attempts[name] = a
	return a, true, nil
}

// begin prepares a new attempt and lets its work begin in a goroutine that
// s.work waits for.
func (s *server) begin(a *attempt) {
	state, err := a.prepare(s.plugin, s.keeper, s.holder)
	if err == nil && state == steppb.Progress_BEGUN {
		a.become(state, nil)
		go s.run(a)
		return
	}
	if err != nil {
		err = status.Errorf(codes.FailedPrecondition, "prepare attempt %s: %v", a.name, err)
	}
	s.depart(a, state, err)
}

func (s *server) run(a *attempt) {
	result := a.perform(func() { s.hung(a) })
	if err := s.record(a, result); err != nil {
		fmt.Fprintf(os.Stderr, "attempt %s: %v\n", a.name, err)
	}
	if err := a.lock.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "attempt %s: let go of the lock: %v\n", a.name, err)
	}
	a.cancel(nil)
	if a.hung { // and came back all the same
		s.dismiss(a, true)
		s.life.returned()
		a.become(steppb.Progress_ENDED, nil)
		return
	}
	s.depart(a, steppb.Progress_ENDED, nil)
}

// depart counts an attempt out and then rings the doorbell, so that who hears
// it finds room for the next. That may be the end of the process: it waits for
// the streams that still tell of it.
func (s *server) depart(a *attempt, state steppb.Progress_State, err error) {
	s.dismiss(a, err == nil && state == steppb.Progress_ENDED)
	s.life.leave()
	a.become(state, err)
	s.work.Done()
}

// recordPause is the time between two tries to write a result.
const recordPause = 250 * time.Millisecond

// record writes the result. An attempt without one is lost, so a disk that is
// full is waited for as long as the process lives, with the lock held.
func (s *server) record(a *attempt, result protocol.Result) error {
	said := false
	return insist(func() error { return writeResult(a.directory, result, !s.life.connected()) }, func(err error) {
		if !said {
			fmt.Fprintf(os.Stderr, "attempt %s has ended; its result waits for space: %v\n", a.name, err)
			said = true
		}
		time.Sleep(recordPause)
	})
}

// insist calls write until it finds space, and pause between two calls. Any
// other error is final: what is wrong there does not go by itself.
func insist(write func() error, pause func(error)) error {
	for {
		err := write()
		if !noSpace(err) {
			return err
		}
		pause(err)
	}
}

// dismiss moves an attempt from those at work to those that ended, or forgets
// it: then it is looked at anew when it is asked for again.
func (s *server) dismiss(a *attempt, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ended {
		delete(s.attempts, a.name)
		return
	}
	s.ended = append(s.ended, a.name)
	if len(s.ended) > remembered {
		delete(s.attempts, s.ended[0])
		s.ended = s.ended[1:]
	}
}

// hung gives up on an attempt whose work does not end: it ends with the
// process, when no other attempt is at work in it.
func (s *server) hung(a *attempt) {
	fmt.Fprintf(os.Stderr, "attempt %s: the work ignores the end of its context; only the end of this process can end it\n", a.name)
	a.hung = true
	s.work.Done()
	s.life.hang()
}

// killGrace is how long the processes of a hung attempt get to die.
const killGrace = 2 * time.Second

// killHung kills the processes of the attempts that end with this process.
func (s *server) killHung() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, a := range s.attempts {
		if state := a.state(); state != steppb.Progress_BEGUN {
			continue
		}
		if _, err := tree.Kill(tree.Target{Mark: filepath.Join(a.directory, protocol.OutputsFile)}, killGrace); err != nil {
			fmt.Fprintf(os.Stderr, "attempt %s: %v\n", name, err)
		}
	}
}
