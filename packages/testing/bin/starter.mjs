// Starts git for a process that is larger than this one: each request is a program's input, and its answer the output.
// It listens at the path that it is given, and ends with the process that has started it.
import { spawn } from "node:child_process"
import { createServer } from "node:http"

const server = createServer({ maxHeaderSize: 1 << 20 }, (request, response) => {
  const { args, cwd, env } = JSON.parse(Buffer.from(request.headers["x-start"], "base64").toString())
  const child = spawn("git", args, { cwd, env })
  const stderr = []
  const end = (code) => {
    const ended = { code, stderr: Buffer.concat(stderr).toString() }
    response.addTrailers({ "x-ended": Buffer.from(JSON.stringify(ended)).toString("base64") })
    response.end()
  }
  child.on("error", () => end(null))
  child.stdin.on("error", () => {})
  child.stderr.on("data", (chunk) => stderr.push(chunk))
  request.pipe(child.stdin)
  response.writeHead(200, { trailer: "x-ended" }).flushHeaders()
  child.stdout.pipe(response, { end: false })
  child.on("close", end)
  response.on("close", () => child.kill("SIGKILL"))
})
server.listen(process.argv[2], () => process.stdout.write("ready\n"))
process.stdin.resume().on("end", () => process.exit())
