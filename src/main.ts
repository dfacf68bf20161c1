import { runProgram } from './operator/program.ts'

process.exitCode = await runProgram(process.argv)
