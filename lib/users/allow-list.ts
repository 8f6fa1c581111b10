import type { UserRequest } from '../events/request.ts';
import { userIssue } from '../providers/provider.ts';
import { Failure } from '../records/failure.ts';
import { bounded, type Issue } from '../schema.ts';

/** Fails with `role_not_allowed` where a request asks for an account-wide role outside the allow-list. */
export function refuseForbiddenRoles({ provider, user }: UserRequest, allowedRoles: readonly string[]): void {
  const field = provider.roleField;
  const stated = user[field];
  const roles: readonly [string, unknown][] = Array.isArray(stated)
    ? stated.map((role, index) => [`${field}.${index}`, role])
    : [[field, stated]];
  const forbidden = roles.filter(([, role]) => role !== undefined && !allowedRoles.includes(String(role)));
  const issues: Issue[] = bounded(forbidden).map(([path]) =>
    userIssue(path, `must be one of ${allowedRoles.join(', ')}`),
  );
  if (issues.length > 0) {
    const { variable } = provider.settings.allowedRoles;
    const message = `The request asks for a role outside the allow-list (${variable}): ${allowedRoles.join(', ')}.`;
    throw new Failure('role_not_allowed', message, { told: { issues } });
  }
}
