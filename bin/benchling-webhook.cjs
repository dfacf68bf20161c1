#!/usr/bin/env -S node --max-semi-space-size=8
// The option keeps the process small: what exports leave behind is short-lived, and more room for it gains nothing.
// Plain JavaScript on purpose: an old Node must be able to read this file and say what is needed.
const needed = '24.5'
const found = process.versions.node
const [major, minor] = found.split('.').map(Number)
const [leastMajor, leastMinor] = needed.split('.').map(Number)
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  process.stderr.write(`benchling-webhook needs Node ${needed} or newer; this is ${found}.\n`)
  process.exit(4)
}
import('../dist/main.js')
