// Pause holds the namespaces of a pod: it waits, reaps what the pod's processes leave behind, and ends when told to.
//
// It does what the kubelet expects of registry.k8s.io/pause (kubernetes/build/pause/linux/pause.c), which is written
// in C; this one needs no C compiler.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGINT, syscall.SIGTERM)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 && err != syscall.EINTR {
				break
			}
		}
	}
}
