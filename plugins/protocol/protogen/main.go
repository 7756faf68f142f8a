// Protogen writes package steppb from step.proto, into the directory of its
// argument. It is run by go generate where step.proto lies and needs neither protoc nor the network: the
// compiler is bufbuild/protocompile, the two generators are tools of go.mod.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const source = "step.proto"

func main() {
	log.SetFlags(0)
	log.SetPrefix("protogen: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: protogen DIRECTORY")
	}
	request, err := compile(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, generator := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		if err := generate(generator, request, os.Args[1]); err != nil {
			log.Fatalf("%s: %v", generator, err)
		}
	}
}

// compile returns the encoded CodeGeneratorRequest for the source file.
func compile(ctx context.Context) ([]byte, error) {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", source, err)
	}
	request := &pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{source},
		Parameter:      proto.String("paths=source_relative"),
		ProtoFile:      []*descriptorpb.FileDescriptorProto{protoutil.ProtoFromFileDescriptor(files[0])},
	}
	return proto.Marshal(request)
}

// generate runs one generator and writes the files that it answers into
// directory.
func generate(generator string, request []byte, directory string) error {
	cmd := exec.Command("go", "tool", generator)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(request), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		return fmt.Errorf("decode the answer: %w", err)
	}
	if response.Error != nil {
		return fmt.Errorf("%s", response.GetError())
	}
	return write(response.GetFile(), directory)
}

func write(files []*pluginpb.CodeGeneratorResponse_File, directory string) error {
	for _, f := range files {
		name := filepath.Join(directory, filepath.Base(f.GetName()))
		if err := os.WriteFile(name, []byte(f.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
