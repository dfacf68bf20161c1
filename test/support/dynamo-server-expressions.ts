import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { invalid } from './dynamo-server-error.ts'

export type WireValue = { readonly S?: string; readonly N?: string; readonly B?: string }
export type WireItem = Readonly<Record<string, WireValue>>

export type Expressions = {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues?: Readonly<Record<string, WireValue>>
}

/** The type and the value of an attribute. Only strings, numbers and bytes are known here. */
export const typed = (
  value: WireValue | AttributeValue,
): readonly [type: 'S' | 'N' | 'B', value: string | number] => {
  const entries = Object.entries(value as WireValue)
  const [type, content] = entries[0] ?? []
  if (entries.length !== 1 || typeof content !== 'string')
    throw invalid(`no attribute value: ${JSON.stringify(value)}`)
  if (type === 'S' || type === 'B') return [type, content]
  if (type === 'N' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(content)) return ['N', Number(content)]
  throw invalid(`this server does not know the type of ${JSON.stringify(value)}`)
}

export const compare = (a: WireValue, b: WireValue): number => {
  const [typeOfA, valueOfA] = typed(a)
  const [typeOfB, valueOfB] = typed(b)
  if (typeOfA !== typeOfB) throw invalid('The provided key element does not match the schema')
  if (typeof valueOfA === 'number' || typeof valueOfB === 'number') return Number(valueOfA) - Number(valueOfB)
  return Buffer.compare(Buffer.from(valueOfA), Buffer.from(valueOfB))
}

/** Resolves `#name` and `:value`, and refuses a request that defines one it does not use, as DynamoDB does. */
const resolver = ({ ExpressionAttributeNames: names, ExpressionAttributeValues: values }: Expressions) => {
  if (names && Object.keys(names).length === 0) throw invalid('ExpressionAttributeNames must not be empty')
  if (values && Object.keys(values).length === 0) throw invalid('ExpressionAttributeValues must not be empty')
  const used = new Set<string>()
  const look = <T>(from: Readonly<Record<string, T>> | undefined, alias: string): T => {
    const found = from?.[alias]
    if (found === undefined)
      throw invalid(`An expression attribute used in expression is not defined: ${alias}`)
    used.add(alias)
    return found
  }
  return {
    name: (alias: string): string => look(names, alias),
    value: (alias: string): WireValue => look(values, alias),
    end: () => {
      const unused = [...Object.keys(names ?? {}), ...Object.keys(values ?? {})].filter(
        (one) => !used.has(one),
      )
      if (unused.length > 0) throw invalid(`Value unused in expressions: ${unused.join(', ')}`)
    },
  }
}

export type Test = (item: WireItem | undefined) => boolean

/** Conditions are clauses joined by AND: `attribute_exists(#a)`, `attribute_not_exists(#a)`, `#a = :b`. */
const clause = (text: string, names: ReturnType<typeof resolver>): Test => {
  const [, not, exists] = /^attribute_(not_)?exists\((#\w+)\)$/.exec(text) ?? []
  if (exists) {
    const name = names.name(exists)
    return (item) => (item?.[name] === undefined) === (not !== undefined)
  }
  const [, left, right] = /^(#\w+) = (:\w+)$/.exec(text) ?? []
  if (!left || !right) throw invalid(`this server does not know the condition ${text}`)
  const [name, value] = [names.name(left), names.value(right)]
  return (item) => {
    const own = item?.[name]
    return own !== undefined && typed(own)[0] === typed(value)[0] && compare(own, value) === 0
  }
}

export const condition = (
  text: string | undefined,
  expressions: Expressions,
  update?: (names: ReturnType<typeof resolver>) => void,
): Test => {
  const names = resolver(expressions)
  const tests = text === undefined ? [] : text.split(' AND ').map((one) => clause(one, names))
  update?.(names)
  names.end()
  return (item) => tests.every((test) => test(item))
}

/** `SET #a = :b` and nothing else. */
export const update = (
  text: string,
  conditionText: string | undefined,
  expressions: Expressions,
): { readonly test: Test; readonly set: readonly [string, WireValue] } => {
  const [, left, right] = /^SET (#\w+) = (:\w+)$/.exec(text) ?? []
  if (!left || !right) throw invalid(`this server does not know the update ${text}`)
  let set: readonly [string, WireValue] | undefined
  const test = condition(conditionText, expressions, (names) => {
    set = [names.name(left), names.value(right)]
  })
  return { test, set: set! }
}

export type KeyCondition = {
  readonly partition: readonly [name: string, value: WireValue]
  readonly sort: readonly [name: string, test: (value: WireValue) => boolean] | null
}

const SORTS: readonly [RegExp, (own: WireValue, value: WireValue) => boolean][] = [
  [/^(#\w+) <= (:\w+)$/, (own, value) => compare(own, value) <= 0],
  [/^(#\w+) < (:\w+)$/, (own, value) => compare(own, value) < 0],
  [
    /^begins_with\((#\w+), (:\w+)\)$/,
    (own, value) => String(typed(own)[1]).startsWith(String(typed(value)[1])),
  ],
]

/** `#p = :p`, with at most one of `#s <= :s`, `#s < :s`, `begins_with(#s, :s)`. */
export const keyCondition = (text: string, expressions: Expressions): KeyCondition => {
  const names = resolver(expressions)
  const [first = '', second, third] = text.split(' AND ')
  const [, left, right] = /^(#\w+) = (:\w+)$/.exec(first) ?? []
  if (!left || !right || third !== undefined)
    throw invalid(`this server does not know the key condition ${text}`)
  const partition = [names.name(left), names.value(right)] as const
  let sort: KeyCondition['sort'] = null
  if (second !== undefined) {
    const known = SORTS.find(([form]) => form.test(second))
    if (!known) throw invalid(`this server does not know the key condition ${second}`)
    const [form, test] = known
    const [, name = '', alias = ''] = form.exec(second) ?? []
    const value = names.value(alias)
    sort = [names.name(name), (own) => test(own, value)]
  }
  names.end()
  return { partition, sort }
}
