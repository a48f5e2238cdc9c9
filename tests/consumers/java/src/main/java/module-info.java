// SPDX-License-Identifier: MIT OR Apache-2.0

/** A program that uses drystone as a module. */
module org.example.prices {
  requires io.drystone;
}
