// Check tells what Grafana's schema of dashboards, and those of its panels and data sources, do not know in a dashboard:
// the types of https://github.com/grafana/grafana-foundation-sdk are generated of the schemas that Grafana loads by.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	status := 0
	for _, file := range os.Args[1:] {
		if err := check(file); err != nil {
			fmt.Printf("%s: %s\n", file, err)
			status = 1
		}
	}
	os.Exit(status)
}

func check(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var board dashboard.Dashboard
	for _, err := range []error{board.UnmarshalJSONStrict(raw), board.Validate()} {
		// A list of no faults is an error too.
		if err != nil && err.Error() != "" {
			return err
		}
	}
	return nil
}
