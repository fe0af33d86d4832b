/** Reads the files of tokens and certificates again while the worker runs. What has a fault is not taken, and said. */
import type { Logger } from 'pino';
import type { WorkerConfig } from './config.js';
import { TokenRegister } from './io/auth.js';
import type { ContainmentAdapter } from './io/containment/containment.js';
import type { SandboxWebSocketServer } from './sandbox-websocket-server.js';
import { readSecrets } from './secret-files.js';

export function reloadSecrets(
  server: SandboxWebSocketServer,
  containment: ContainmentAdapter,
  config: WorkerConfig,
  log: Logger,
): void {
  const { tokens, tls } = readSecrets(config, containment);
  if (tokens instanceof TokenRegister) {
    server.replaceTokens(tokens);
    log.info({ event: 'tokens_read' });
  } else log.warn({ event: 'tokens_kept', message: tokens.join('; ') });
  if (tls === null) return;
  if (Array.isArray(tls)) log.warn({ event: 'certificates_kept', message: tls.join('; ') });
  else {
    server.replaceTls(tls);
    log.info({ event: 'certificates_read' });
  }
}
