import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const RECORD = 'docs/decisions/0013-one-role.md'

/** `QUILT_READ_ROLE_ARN`, `readRole`, `read_role`, `read-role`, `read role`, across lines of a comment too. */
const SECOND_ROLE = /(?<![a-z])read[\s_*/#-]*roles?(?![a-z])|QUILT_READ|READ_?ROLE/i
/** `readRoleArn`: the name goes on with a capital. */
const CAMEL = /[rR]ead[_-]?Role/

const speaksOfIt = (text: string): boolean => SECOND_ROLE.test(text) || CAMEL.test(text)

const files = globSync('{src,bin,docs,docker,bench,scripts}/**/*', {
  cwd: ROOT,
  exclude: (path) => path.includes('node_modules'),
}).filter((path) => /\.(?:ts|cjs|mjs|js|md|ya?ml|json|sh|html|css|Dockerfile)$|Dockerfile|compose/.test(path))

describe('the one role', () => {
  it.each([
    'QUILT_READ_ROLE_ARN',
    'quilt_read_role_arn',
    'readRole',
    'readRoleArn',
    'read_role',
    'read-role',
    'the read role',
    'a read\n * role',
    'Read Roles',
  ])('has no second beside it that this test would miss: %j', (text) => {
    expect(speaksOfIt(text)).toBe(true)
  })

  it.each(['thread roles', 'may read the role', 'read, role', 'already rolled', 'breadRoll'])(
    'may be spoken of in other words: %j',
    (text) => {
      expect(speaksOfIt(text)).toBe(false)
    },
  )

  it('is the only one that code, programs and documents know, the record of the decision apart', () => {
    for (const room of ['src/', 'bin/', 'docs/', 'bench/'])
      expect(files.some((path) => path.startsWith(room))).toBe(true)
    const speaking = files.filter((path) => speaksOfIt(readFileSync(join(ROOT, path), 'utf8')))
    expect(speaking).toEqual([RECORD])
  })

  it('is what the documents at the root know', () => {
    for (const page of ['README.md', 'AGENTS.md', 'CHANGELOG.md'])
      expect([page, speaksOfIt(readFileSync(join(ROOT, page), 'utf8'))]).toEqual([page, false])
    expect(readFileSync(join(ROOT, 'AGENTS.md'), 'utf8')).toMatch(/One IAM role/)
  })

  it('has a record with problem, solution and resolution, which names the requirement', () => {
    const record = readFileSync(join(ROOT, RECORD), 'utf8')
    for (const part of ['## Problem', '## Solution', '## Resolution']) expect(record).toContain(part)
    expect(record).toContain('Remove temporary file usage and simplify role management, 2025-11-18')
    expect(record).not.toMatch(/\]\((?:\.\.\/){2,}|\]\(\/|shared\//)
  })
})

describe('nothing is written to a temporary file', () => {
  it('by no code of the service', () => {
    const sources = globSync('src/**/*.ts', { cwd: ROOT }).filter(
      (path) => !/^src\/(?:local|simulator|operator)\//.test(path),
    )
    expect(sources.length).toBeGreaterThan(150)
    const writing = sources.filter((path) =>
      /\b(?:tmpdir|mkdtemp\w*|TMPDIR|writeFile\w*|createWriteStream)\b/.test(
        readFileSync(join(ROOT, path), 'utf8'),
      ),
    )
    expect(writing).toEqual([])
  })
})
