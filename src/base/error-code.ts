/** The code Node gives its errors (`ENOENT`, `ECONNRESET`); undefined where there is none. */
export const errorCode = (thrown: unknown): string | undefined => {
  const code = (thrown as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}
