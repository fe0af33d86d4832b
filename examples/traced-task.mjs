import { trace } from '@opentelemetry/api';
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { SandboxManager } from '@sandcrew/manager';

/** One line a span; an exporter of OTLP stands here in an agent. */
const exporter = {
  export(spans, done) {
    for (const { name, attributes, parentSpanContext } of spans) {
      const end = attributes['sandcrew.task.end'] ?? 'done';
      console.log(`${name}: ${end}${parentSpanContext === undefined ? '' : ', below another'}`);
    }
    done({ code: 0 });
  },
  shutdown: async () => {},
};
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();

const manager = new SandboxManager();
await trace.getTracer('agent').startActiveSpan('mend the build', async (step) => {
  const { stdout } = await manager.run({ command: 'echo "${TRACEPARENT%%-*}"; exit 3' });
  console.log(`the command was told a context of version ${stdout.trim()}`);
  step.end();
});
await manager.close();
