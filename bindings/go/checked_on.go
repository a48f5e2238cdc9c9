//go:build drystone_checked

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// checkedBuild says whether the core was compiled with its assertions, and every block is guarded.
const checkedBuild = true
