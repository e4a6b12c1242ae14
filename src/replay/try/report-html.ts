export const reportAsHtml = (_report: unknown): string => '';
