import { z } from 'zod'
import { badRequest } from '../api-error.ts'
import type { CanvasBlock } from '../page-contract.ts'

/** benchling-platform.md §5.1: the only documented limits of a block. */
export const LABEL_MAX = 50
const MAX_FILES = 10

const ITEM_TYPES = [
  'dna_sequence',
  'dna_oligo',
  'aa_sequence',
  'custom_entity',
  'mixture',
  'box',
  'container',
  'location',
  'plate',
  'worklist',
] as const

const flag = z.boolean().nullish()
const id = z.string().min(1)
const one = z.string().nullable()
const many = z.array(z.string()).nullable()
const input = {
  id,
  enabled: flag,
  label: z.string().max(LABEL_MAX).nullish(),
  placeholder: z.string().nullish(),
  required: flag,
}
const search = { itemType: z.enum(ITEM_TYPES), schemaId: z.string().nullable() }

const leaves = [
  z.strictObject({ type: z.literal('BUTTON'), id, text: z.string(), enabled: flag }),
  z.strictObject({ type: z.literal('CHIP'), id: z.string().optional(), value: z.string() }),
  z.strictObject({ type: z.literal('MARKDOWN'), id: z.string().optional(), value: z.string() }),
  z.strictObject({ type: z.literal('TEXT_INPUT'), ...input, value: one }),
  z.strictObject({ type: z.literal('DROPDOWN'), ...input, value: one, dropdownId: z.string() }),
  z.strictObject({ type: z.literal('DROPDOWN_MULTIVALUE'), ...input, value: many, dropdownId: z.string() }),
  z.strictObject({ type: z.literal('SELECTOR_INPUT'), ...input, value: one, options: z.array(z.string()) }),
  z.strictObject({
    type: z.literal('SELECTOR_INPUT_MULTIVALUE'),
    ...input,
    value: many,
    options: z.array(z.string()),
  }),
  z.strictObject({ type: z.literal('SEARCH_INPUT'), ...input, ...search, value: one }),
  z.strictObject({ type: z.literal('SEARCH_INPUT_MULTIVALUE'), ...input, ...search, value: many }),
  z.strictObject({
    type: z.literal('FILE_UPLOAD'),
    id,
    enabled: flag,
    label: input.label,
    required: flag,
    value: many,
    fileTypes: z.array(z.string()).optional(),
    maxFiles: z.number().int().min(1).max(MAX_FILES).optional(),
  }),
] as const

const leaf = z.discriminatedUnion('type', leaves)

const source = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('DATA_FRAME'), dataFrameId: z.string().nullable() }),
  z.strictObject({ type: z.literal('DATASET'), datasetId: z.string().nullable() }),
])

const block = z.discriminatedUnion('type', [
  ...leaves,
  z.strictObject({ type: z.literal('SECTION'), id: z.string().optional(), children: z.array(leaf) }),
  z.strictObject({ type: z.literal('TABLE'), id, name: z.string(), source, enabled: flag }),
])

/**
 * Checks a canvas' blocks as the API does: known types and properties, sections without sections or tables, labels of
 * at most 50 characters, `required` only with a label, ids unique over the whole canvas. Throws 400.
 */
export const checkBlocks = (blocks: unknown): CanvasBlock[] => {
  const parsed = z.array(block).safeParse(blocks)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badRequest(`Invalid blocks: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())
  }
  const seen = new Set<string>()
  for (const each of flatBlocks(parsed.data as CanvasBlock[])) {
    if (each.id !== undefined && seen.has(each.id)) throw badRequest(`Duplicate block id: ${each.id}`)
    if (each.id !== undefined) seen.add(each.id)
    if (each.required && !each.label) throw badRequest(`Block ${each.id} is required and needs a label.`)
  }
  return parsed.data as CanvasBlock[]
}

/** All blocks with those inside sections, in the order they are drawn. */
export const flatBlocks = (blocks: readonly CanvasBlock[]): CanvasBlock[] =>
  blocks.flatMap((each) => [each, ...(each.children ?? [])])
