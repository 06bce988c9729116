// Prints the tests that failed, from vitest's JSON report: the title of each, and the beginning of its message.
import { readFileSync } from "node:fs"
import { argv, stdout } from "node:process"

const print = (lines) => stdout.write(`${lines}\n`)

const text = readFileSync(argv[2] ?? "", "utf8")
const { testResults } = text === "" ? { testResults: [] } : JSON.parse(text)
for (const { assertionResults, message, name } of testResults) {
  if (message) print(`\n${name}\n${message.slice(0, 2_000)}`)
  for (const { failureMessages, fullName, status } of assertionResults) {
    if (status === "failed") print(`\n${name}\n${fullName}\n${failureMessages.join("\n").slice(0, 2_000)}`)
  }
}
