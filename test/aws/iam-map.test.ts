import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { awsUse, awsUseOf } from './aws-calls.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/iam.md'), 'utf8')

/** Where AWS lists the actions of each service whose client we have. */
const REFERENCES: Readonly<Record<string, string>> = {
  athena: 'list_amazonathena',
  dynamodb: 'list_amazondynamodb',
  s3: 'list_amazons3',
  'secrets-manager': 'list_awssecretsmanager',
  sqs: 'list_amazonsqs',
  sts: 'list_awssecuritytokenservice',
}
const PREFIXES: Readonly<Record<string, string>> = { 'secrets-manager': 'secretsmanager' }
const ACTION = /^[a-z][a-z0-9-]*:[A-Z][A-Za-z]*\*?$/

type Row = {
  readonly first: string
  readonly actions: readonly string[]
  readonly resources: string
  readonly principal: string
  readonly why: string
  readonly source: string
}

const rowsOf = (heading: string): Row[] => {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) => {
      const cells = line.slice(1, -1).split('|')
      expect([line, cells.length]).toEqual([line, 6])
      const [first = '', actions = '', resources = '', principal = '', why = '', source = ''] = cells.map(
        (cell) => cell.trim(),
      )
      const [, address = ''] = /^\[[^\]]+\]\((https:[^)]+)\)$/.exec(source) ?? []
      const listed = [...actions.matchAll(/`([^`]+)`/g)].map(([, action]) => action!)
      expect(actions).toBe(listed.map((action) => `\`${action}\``).join(', '))
      return { first, actions: listed, resources, principal, why, source: address }
    })
}

describe('docs/iam.md', () => {
  const { calls, others } = awsUse()
  const rows = rowsOf('Calls')

  test('has a row for every call of AWS in the code, and no other', () => {
    expect(calls.length).toBeGreaterThan(5)
    expect(rows.map(({ first }) => first)).toEqual(calls.map((call) => `\`${call}\``))
  })

  test('knows them all: nothing of the SDK calls AWS without showing it', () => {
    expect(others).toEqual([])
  })

  test.each(rows.map((row) => [row.first, row] as const))(
    'tells actions, resources and source of %s',
    (_, row) => {
      const client = row.first.slice(1).split(' ')[0]!
      expect(row.actions.length).toBeGreaterThan(0)
      for (const action of row.actions) {
        expect(action).toMatch(ACTION)
        expect(action).not.toContain('*')
        expect(action.split(':')[0]).toBe(PREFIXES[client] ?? client)
      }
      expect(row.resources).toMatch(/^`[^`]+`(, `[^`]+`)*$/)
      expect(['task role', 'assumed role', 'task role, assumed role']).toContain(row.principal)
      expect(row.why).not.toBe('')
      expect(row.source).toBe(
        `https://docs.aws.amazon.com/service-authorization/latest/reference/${REFERENCES[client]}.html`,
      )
    },
  )

  const indirect = rowsOf('Indirect needs')
  test('tells of every indirect need what it is, whose, when, and where AWS says so', () => {
    expect(indirect.length).toBeGreaterThan(10)
    expect(new Set(indirect.map(({ first }) => first)).size).toBe(indirect.length)
    for (const row of indirect) {
      expect(row.actions.length).toBeGreaterThan(0)
      for (const action of row.actions) expect(action).toMatch(ACTION)
      expect(['task role', 'assumed role', 'the task’s execution role']).toContain(row.principal)
      expect(row.source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//)
      expect([row.resources, row.why]).not.toContain('')
    }
  })

  test('covers keys, catalog and Lake Formation', () => {
    const all = new Set(indirect.flatMap(({ actions }) => actions))
    const needed = ['kms:GenerateDataKey', 'kms:Decrypt', 'glue:GetTable', 'lakeformation:GetDataAccess']
    expect(needed.filter((action) => !all.has(action))).toEqual([])
  })
})

describe('the finder of calls', () => {
  const use = (text: string) => awsUseOf('x.ts', text)

  test('follows names, and leaves alone what is not of AWS', () => {
    const text = `
      import { S3Client, GetObjectCommand as Get, type PutObjectCommand } from '@aws-sdk/client-s3'
      import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
      import type { SQS } from '@aws-sdk/client-sqs'
      import { Command } from 'commander'
      new Command('x'); client.send(new Get({})); new S3Client({})`
    expect(use(text)).toEqual({ calls: ['s3 GetObject'], others: [] })
  })

  test.each([
    ['a paginator', `import { paginateListObjectsV2 } from '@aws-sdk/client-s3'`],
    ['a client with a method for each call', `import { S3 } from '@aws-sdk/client-s3'`],
    ['everything', `import * as s3 from '@aws-sdk/client-s3'`],
    [
      'a provider that calls by itself',
      `import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'`,
    ],
    ['a library on top', `import { Upload } from '@aws-sdk/lib-storage'`],
    [
      'a command that is handed on',
      `import { GetItemCommand } from '@aws-sdk/client-dynamodb'; send(GetItemCommand)`,
    ],
    ['an import at run time', `await import('@aws-sdk/client-s3')`],
  ])('refuses %s, because it could not see the calls', (_, text) => {
    expect(use(text).others).toHaveLength(1)
  })
})
