//go:build !race

package config

// slowness is how much more time everything takes than in production.
const slowness = 1
