package protocol

//go:generate go run ./protogen steppb
