/** Exit statuses of the command line; all are in docs/commands.md, with the launcher's own 4 (Node is too old). */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const
