package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"notion-kafka/producer/kafka"
)

// Another program in the group is given shards, and nobody runs their sources.
func TestCheckNamesMembersThatAreNoInstances(t *testing.T) {
	tt := serving(t)
	tt.addTasks(1)
	d := tt.daemon()
	defer d.stop()
	d.must(200, "GET", "/api/v1/sources", "") // it answers once it has announced itself
	isStranger := func(line string) bool { return strings.Contains(line, "is no instance of notion-kafka") }
	if lines := tt.mustCheck(0, nil, "✓ instance"); slices.ContainsFunc(lines, isStranger) {
		t.Errorf("an instance is taken for another program: %q", lines)
	}
	given := make(chan struct{})
	isGiven := sync.OnceFunc(func() { close(given) })
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		left <- tt.app.Cluster.Join(ctx, "notion-kafka", "spark-job", kafka.Membership{
			Assigned: func(shards []int32) {
				if len(shards) > 0 {
					isGiven()
				}
			},
			Revoked: func([]int32) {}, Ended: func() {}, Failed: func(error) {},
		})
	}()
	<-given
	tt.mustCheck(0, nil, "✓ instance", "! group notion-kafka has the member spark-job at ")
	leave()
	if err := <-left; err != nil {
		t.Error(err)
	}
}
