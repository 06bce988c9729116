/** Program of the startup snapshot: the usual commands, loaded before a process starts from it. */
import process from "node:process"
import { startupSnapshot } from "node:v8"
import "./commands/RunJob.ts"
import "./commands/Serve.ts"
import * as Ending from "./Ending.ts"
import * as EngineOptions from "./EngineOptions.ts"
import * as Process from "./Process.ts"
import { programOf } from "./UsualCommands.ts"

// What V8 compiles under other options than those of the processes is not found by them.
EngineOptions.set()
startupSnapshot.setDeserializeMainFunction(() => {
  EngineOptions.set()
  const args = process.argv.slice(1)
  const program = programOf(args)
  if (program === undefined) throw new Error(`the snapshot has no command "${args.join(" ")}"`)
  Process.run(program, Ending.teardown)
})
