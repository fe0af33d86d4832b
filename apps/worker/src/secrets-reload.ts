/** Reads the files of tokens and certificates again while the worker runs. What has a fault is not taken, and said. */
import type { Logger } from 'pino';
import type { WorkerConfig } from './config.js';
import { TokenRegister } from './io/auth.js';
import { readTlsFiles } from './io/tls-files.js';
import type { SandboxWebSocketServer } from './sandbox-websocket-server.js';

export function reloadSecrets(server: SandboxWebSocketServer, config: WorkerConfig, log: Logger): void {
  const tokens = TokenRegister.read(config.tokenFile);
  if (tokens instanceof TokenRegister) {
    server.replaceTokens(tokens);
    log.info({ event: 'tokens_read' });
  } else log.warn({ event: 'tokens_kept', message: tokens.join('; ') });
  if (config.tls === null) return;
  const tls = readTlsFiles(config.tls);
  if (Array.isArray(tls)) log.warn({ event: 'certificates_kept', message: tls.join('; ') });
  else {
    server.replaceTls(tls);
    log.info({ event: 'certificates_read' });
  }
}
