import { type Command, InvalidArgumentError } from 'commander';
import { openDevTokens } from '../../adapters/http/dev-tokens.ts';
import { SCOPES } from '../../admin/ports/caller.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { CliCommand, CliIo } from './command.ts';

interface TokenOptions {
  readonly tenant: string;
  readonly actor: string;
  readonly role: readonly string[];
  readonly scope: readonly string[];
  readonly hours: number;
}

/** A forgotten token of a try-out should not work next month. */
const MAX_HOURS = 24 * 7;

const collect = (value: string, held: readonly string[]): readonly string[] => [...held, value];
const hoursOf = (value: string): number => {
  const hours = Number(value);
  if (!(hours > 0 && hours <= MAX_HOURS)) throw new InvalidArgumentError(`more than 0 and at most ${MAX_HOURS}.`);
  return hours;
};
const idOf = (value: string): string => {
  if (value.length < 1 || value.length > 255) throw new InvalidArgumentError('1 to 255 characters.');
  return value;
};

const printToken = async (io: CliIo, options: TokenOptions): Promise<void> => {
  const config = loadConfig();
  const hasKeySet = config.jwt.jwksUrl !== null || config.jwt.jwksFile !== null;
  const tokens = openDevTokens(config.dataDir, { backend: config.backend, host: config.http.host, hasKeySet });
  const scopes = options.scope.length > 0 ? options.scope : SCOPES;
  const issuedAtMs = Date.now();
  const token = await tokens.issue({
    tenantId: options.tenant,
    subject: options.actor,
    roles: options.role,
    scopes,
    audience: config.jwt.audience,
    issuedAtMs,
    hours: options.hours,
  });
  const expiresAt = new Date(issuedAtMs + options.hours * 3_600_000).toISOString();
  if (!io.json) io.out(token);
  else
    io.out(
      JSON.stringify({
        token,
        tenant_id: options.tenant,
        sub: options.actor,
        roles: options.role,
        scopes,
        expires_at: expiresAt,
      }),
    );
};

export const tokenCommand: CliCommand = {
  name: 'token',
  summary: 'a development token for the embedded default',
  register: (program: Command, io: CliIo) => {
    program
      .command('token')
      .description(tokenCommand.summary)
      .option('--tenant <id>', 'tenant of the token', idOf, 'demo')
      .option('--actor <id>', 'subject of the token: whose decisions it asks for and reads', idOf, 'dev1')
      .option('--role <name>', 'role, repeatable: mmm_service (acts for others), tenant_admin, mmm_admin', collect, [])
      .option('--scope <name>', 'scope, repeatable (default: mmm.decide mmm.read mmm.outcome)', collect, [])
      .option('--hours <n>', 'hours until it expires', hoursOf, 8)
      .action(async (options: TokenOptions) => await printToken(io, options));
  },
};
