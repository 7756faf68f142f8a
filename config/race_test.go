//go:build race

package config

// slowness is how much more time everything takes under the race detector.
const slowness = 10
