// Holds what was asked of GitHub's stand-in, and what it answered, against GitHub's own descriptions: REST by its OpenAPI document
// through Prism's validators, GraphQL by its schema. Usage: node check.mjs FOLDER, where FOLDER has node_modules.
//
// Reads one JSON list of exchanges a line, writes one JSON list of problems a line, and ends when its input does.

import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { Rest } from "./rest.mjs";
import { Graph } from "./graphql.mjs";

const modules = resolve(process.argv[2], "node_modules");
const rest = new Rest(modules);
const graph = new Graph(modules);

for await (const line of createInterface({ input: process.stdin })) {
  const problems = [];
  for (const exchange of JSON.parse(line)) {
    const found = exchange.path === "/graphql" ? graph.check(exchange) : await rest.check(exchange);
    const asked = exchange.path === "/graphql" ? JSON.parse(exchange.request).query : exchange.request;
    problems.push(...found.map((problem) => `${exchange.method} ${exchange.path} ${asked} → ${exchange.status}: ${problem}`));
  }
  process.stdout.write(JSON.stringify(problems) + "\n");
}
