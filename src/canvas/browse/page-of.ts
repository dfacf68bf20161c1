/** A page of rows: the one that was asked for, or the last there is. `from` and `to` count rows from 0, `to` not included. */
export type PageOf = {
  readonly page: number
  /** At least one. */
  readonly pages: number
  readonly from: number
  readonly to: number
}

export const pageOf = (rows: number, aPage: number, asked: number): PageOf => {
  const pages = Math.max(1, Math.ceil(rows / aPage))
  const page = Math.min(asked, pages - 1)
  return { page, pages, from: page * aPage, to: (page + 1) * aPage }
}
