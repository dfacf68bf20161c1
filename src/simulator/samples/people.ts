import type { UserSummary } from '../entries/api-entry.ts'
import type { LinkedObject } from '../entries/sample.ts'

export const JANE: UserSummary = { id: 'ent_9CIv9U8P', handle: 'jdoe', name: 'Jane Doe' }
export const TOM: UserSummary = { id: 'ent_Tq7vB2Lk', handle: 'tokafor', name: 'Tom Okafor' }
export const SOREN: UserSummary = { id: 'ent_4mWq0ZtB', handle: 'sangstrom', name: 'Søren Ångström' }

/** Who may sit in front of the page. */
export const PEOPLE: readonly UserSummary[] = [JANE, TOM, SOREN]

export const TITRATION_ID = 'etr_8Qk2RmZa'
export const IMAGING_ID = 'etr_3VnPq7Lw'
export const GALACTOSIDASE_ID = 'etr_b5TyH0Xc'

/** What the sample entries link to. */
export const SAMPLE_OBJECTS: readonly LinkedObject[] = [
  ...PEOPLE.map(({ id, handle, name }) => ({
    type: 'user',
    id,
    name,
    more: { handle, email: `${handle}@acme.test` },
  })),
  {
    type: 'custom_entity',
    id: 'bfi_QB27431x',
    name: 'QB-2743.1',
    more: {
      entityRegistryId: 'QB-2743.1',
      registryId: 'src_NetYd96a',
      schema: { id: 'ts_Inh1b1t0', name: 'Inhibitor' },
      aliases: [],
      fields: {},
      customFields: {},
      folderId: 'lib_R8KcsjhW',
      createdAt: '2025-06-02T08:14:11.247545+00:00',
      modifiedAt: '2025-06-02T08:14:11.247545+00:00',
      creator: JANE,
      authors: [JANE],
      registrationOrigin: null,
    },
  },
  { type: 'dna_sequence', id: 'seq_lacZp7Bv', name: 'pLacZ-β-Gal' },
  { type: 'custom_entity', id: 'bfi_HEK293Tx', name: 'HEK293T clone 7' },
  { type: 'container', id: 'con_9cFrz3Rk', name: 'β-Gal stock, freezer 3' },
  { type: 'box', id: 'box_Enz0Kin1', name: 'Enzyme box 1' },
  { type: 'plate', id: 'plt_Img0ne03', name: 'Plate 03' },
  { type: 'location', id: 'loc_Frz3Shf2', name: 'Freezer 3, shelf 2' },
  { type: 'folder', id: 'lib_uz14ul16', name: 'Enzyme kinetics' },
  { type: 'project', id: 'src_Enz0Kin9', name: 'Enzyme kinetics' },
]
