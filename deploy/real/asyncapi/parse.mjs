// Parses the AsyncAPI document of standard input with AsyncAPI's own parser, and every Avro
// schema in it. ASYNCAPI_PARSER is the folder where the parser is installed. Each fault is a
// line of standard error, and the exit status 1.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const installed = createRequire(`${process.env.ASYNCAPI_PARSER}/`);
const { Parser } = installed("@asyncapi/parser");
const { AvroSchemaParser } = installed("@asyncapi/avro-schema-parser");

const [error, warning] = [0, 1]; // severities; others are remarks
const parser = new Parser({ schemaParsers: [AvroSchemaParser()] });
const { document, diagnostics } = await parser.parse(await text(process.stdin));
const faults = diagnostics.filter(({ severity }) => severity === error || severity === warning);
for (const { path, message } of faults) console.error(`${path.join("/")}: ${message}`);
if (faults.length > 0 || !document) process.exit(1);
console.log(document.channels().all().map((channel) => channel.address()).join("\n"));
