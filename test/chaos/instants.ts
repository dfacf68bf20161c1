/** Where a process is stopped: at the `nth` instant of this name from now on; of any name but `after …` when null. */
export type Instant = { readonly at: string | null; readonly nth: number }

/** What a process under observation tells. `stopped`: it stands still here until it is killed. */
export type Told = {
  readonly at: string
  readonly stopped?: true
  /** The same before and after one operation. */
  readonly operation?: number
  readonly path?: string
  /** Of a rename. */
  readonly from?: string
  /** Physical keys in the marks `stored` of a commit. */
  readonly marks?: readonly string[]
}
