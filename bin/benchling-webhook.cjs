#!/usr/bin/env node
// Plain old JavaScript on purpose: an old Node must be able to read this file and say what is needed.
var needed = 24
var major = Number(process.versions.node.split('.')[0])
if (major < needed) {
  process.stderr.write(
    'benchling-webhook needs Node ' + needed + ' or newer; this is ' + process.versions.node + '.\n',
  )
  process.exit(4)
}
import('../dist/main.js').catch((error) => {
  process.stderr.write(String((error && error.stack) || error) + '\n')
  process.exit(1)
})
