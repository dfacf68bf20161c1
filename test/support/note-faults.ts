import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { Fault } from '../../src/base/fault.ts'

const SOURCES = `${join(import.meta.dirname, '../../src')}/`
const noted = new Set<string>()
const list = inject('faultsMade')

/**
 * A setup file: notes the code of every fault that the product itself makes while tests run; one that a test makes, to
 * play a part, is none. Nothing in the product helps with it: `Fault` is given another parent, whose constructor runs
 * with each `super()`.
 */
class Noted extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    const code = message.split(':', 1)[0]!
    if (noted.has(code)) return
    const frames = (this.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
    const maker = frames.find((line) => !/ at new (Noted|Fault|TooMuch)\b/.test(line))
    if (!maker?.includes(SOURCES)) return
    noted.add(code)
    appendFileSync(list, `${code}\n`)
  }
}

Object.setPrototypeOf(Fault, Noted)
