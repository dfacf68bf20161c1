/** Exit statuses of the command line; documented in docs/commands.md. 4 is the launcher's: Node is too old. */
export const EXIT = { ok: 0, failed: 1, usage: 2, degraded: 3, nodeTooOld: 4, interrupted: 130 } as const
