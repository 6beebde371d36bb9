// Holds the OpenAPI document against Redocly's rules; prints what is wrong and fails where anything is.
import { createConfig, formatProblems, lint } from "@redocly/openapi-core";

const rules = {
  "operation-operationId": "error",
  "operation-operationId-unique": "error",
  "operation-operationId-url-safe": "error",
  "operation-summary": "error",
  "operation-2xx-response": "error",
  // Whether it is alive is answered to everybody.
  "operation-4xx-response": "off",
  "operation-description": "error",
  "no-unresolved-refs": "error",
  "no-unused-components": "error",
  "no-invalid-media-type-examples": "error",
  "no-invalid-schema-examples": "error",
  "no-invalid-parameter-examples": "error",
  "no-undefined-server-variable": "error",
  "path-parameters-defined": "error",
  "security-defined": "off",
  "response-contains-header": "off",
};
const config = await createConfig({ extends: ["spec"], rules });
const problems = await lint({ ref: process.argv[2] ?? "../../docs/openapi.json", config });
formatProblems(problems, { format: "stylish", totals: { errors: problems.length, warnings: 0, ignored: 0 } });
process.exitCode = problems.length ? 1 : 0;
