// Makes this process say that it is an old Node, and fail loudly when anything is loaded after the launcher.
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: process.env.FOUND_NODE } })
const Module = require('node:module')
let loaded = 0
const load = Module._load
Module._load = (...args) => {
  if (++loaded > 1) process.stderr.write(`loaded ${args[0]}\n`)
  return load(...args)
}
