//go:build tools

// Package influxdb names the programs that are built, so that go.mod keeps what they need.
package influxdb

import (
	_ "github.com/influxdata/influxdb/v2/cmd/influxd"
	_ "github.com/influxdata/pkg-config"
)
