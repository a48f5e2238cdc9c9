//go:build cgo && linux

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"example.org/drystone/bindings/go"
)

// A worked example: messages between two processes, in buffers of a shared pool in shared memory. Only slot numbers go
// through the pipes. The region is a memfd that the other process inherits, so nothing is left behind, whoever is killed.

const (
	messages       = 1000
	messageBytes   = 256
	keptByConsumer = 70
	consumerRole   = "DRYSTONE_TEST_CONSUMER"
)

func TestMessageBuffers(t *testing.T) {
	if os.Getenv(consumerRole) != "" {
		must(t, consume())
		return
	}
	region, err := drystone.Create(drystone.CreateOptions{Kind: drystone.Descriptor, Bytes: 1 << 20})
	must(t, err)
	defer region.Close()
	pool, err := region.CreateSharedPool("messages", drystone.SharedPoolOptions{ObjectBytes: messageBytes, Capacity: 512})
	must(t, err)
	consumer := startConsumer(t, region)
	must(t, consumer.produce(pool))

	// The consumer now holds buffers, and is killed. They are not lost.
	stats, err := pool.Stats()
	must(t, err)
	if stats.InUse != keptByConsumer {
		t.Errorf("%+v", stats)
	}
	must(t, consumer.process.Process.Kill())
	consumer.process.Wait()
	reclaimed, err := pool.Reclaim()
	must(t, err)
	stats, err = pool.Stats()
	must(t, err)
	if reclaimed < keptByConsumer || stats.InUse != 0 || stats.Caches != 0 {
		t.Errorf("%d came back; %+v", reclaimed, stats)
	}
	must(t, pool.Validate())
	must(t, region.Verify())
}

// consumerProcess is this test, run by another process, and the pipes to it.
type consumerProcess struct {
	process *exec.Cmd
	slots   *os.File
	answers *bufio.Scanner
}

func startConsumer(t *testing.T, region *drystone.Region) *consumerProcess {
	descriptor, err := region.Descriptor()
	must(t, err)
	defer descriptor.Close()
	slotsOut, slotsIn, err := os.Pipe()
	must(t, err)
	answersOut, answersIn, err := os.Pipe()
	must(t, err)
	process := exec.Command(os.Args[0], "-test.run=^TestMessageBuffers$")
	process.Env = append(os.Environ(), consumerRole+"=1")
	process.ExtraFiles = []*os.File{descriptor, slotsOut, answersIn}
	process.Stderr = os.Stderr
	_, err = process.StdinPipe() // closed when this process ends, however it does
	must(t, err)
	must(t, process.Start())
	slotsOut.Close()
	answersIn.Close()
	t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
		slotsIn.Close()
		answersOut.Close()
	})
	return &consumerProcess{process, slotsIn, bufio.NewScanner(answersOut)}
}

// produce sends messages, and looks that each one's text comes back; at last it waits for the consumer to hold some.
func (c *consumerProcess) produce(pool *drystone.SharedPool) error {
	cache, err := pool.Cache()
	if err != nil {
		return err
	}
	defer cache.Close()
	for number := range messages {
		slot, err := cache.Acquire()
		if err != nil {
			return err
		}
		text := fmt.Sprintf("message %d", number)
		message, err := cache.Bytes(slot)
		if err != nil {
			return err
		}
		message[0] = byte(copy(message[1:], text))
		fmt.Fprintln(c.slots, slot)
		if answer := c.answer(); answer != text {
			return fmt.Errorf("%q where %q was sent", answer, text)
		}
	}
	c.slots.Close()
	if answer := c.answer(); answer != "holding" {
		return errors.New(answer)
	}
	return nil
}

func (c *consumerProcess) answer() string {
	if !c.answers.Scan() {
		return "the consumer has ended"
	}
	return c.answers.Text()
}

// consume is the other process: it opens the region beside its writer, reads and releases what it is told of, and then
// takes some buffers, and waits to be killed.
func consume() error {
	region, err := drystone.Open(drystone.OpenOptions{Kind: drystone.Descriptor, Mode: drystone.ModeShare,
		Descriptor: os.NewFile(3, "region")})
	if err != nil {
		return err
	}
	slots, answers := bufio.NewScanner(os.NewFile(4, "slots")), os.NewFile(5, "answers")
	pool, err := region.OpenSharedPool("messages")
	if err != nil {
		return err
	}
	cache, err := pool.Cache()
	if err != nil {
		return err
	}
	for slots.Scan() {
		var slot uint32
		if _, err := fmt.Sscan(slots.Text(), &slot); err != nil {
			return err
		}
		if err := errors.Join(cache.Adopt(slot), answer(answers, cache, slot), cache.Release(slot)); err != nil {
			return err
		}
	}
	if err := cache.AcquireMany(make([]uint32, keptByConsumer)); err != nil {
		return err
	}
	fmt.Fprintln(answers, "holding")
	_, err = io.Copy(io.Discard, os.Stdin) // until killed, or left behind
	return err
}

func answer(to *os.File, cache *drystone.SharedPoolCache, slot uint32) error {
	message, err := cache.Bytes(slot)
	if err == nil {
		_, err = fmt.Fprintf(to, "%s\n", message[1:1+message[0]])
	}
	return err
}
