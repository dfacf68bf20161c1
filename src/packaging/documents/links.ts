import type { Entry } from '../../benchling/entry.ts'
import { allReferences, isEntity, noteLinks, resultsTables } from '../entry-links.ts'
import { jsonBytes } from './json.ts'

/** `links.json`, schema version 2 (peer-service.md §2.5): what the entry points to, as Benchling says it. */
export const renderLinks = (entry: Entry): Buffer =>
  jsonBytes({
    schema_version: 2,
    entities: allReferences(entry)
      .filter(isEntity)
      .map(({ id, type, webUrl, source }) => ({ id, type, web_url: webUrl, source })),
    links: noteLinks(entry).map(({ id, type, webUrl }) => ({ id, type, web_url: webUrl })),
    results_tables: resultsTables(entry).map(({ assayResultSchemaId, apiId, name }) => ({
      assay_result_schema_id: assayResultSchemaId,
      api_id: apiId,
      name,
    })),
  })
