import * as Cli from "./Cli.ts"
import * as Process from "./Process.ts"

Process.run(Cli.run, Cli.teardown)
