import { stringify } from 'yaml';
import type { Io } from '../io.ts';

/**
 * Writes one JSON or YAML document piece by piece: fields, then lists whose items are printed as they come and not
 * kept. It is closed even after an error, so that it can be parsed.
 */
export interface Document {
  field(name: string, value: unknown): Promise<void>;
  list(name: string): Promise<void>;
  item(value: unknown): Promise<void>;
  end(): Promise<void>;
}

export function createDocument(format: 'json' | 'yaml', io: Pick<Io, 'out'>): Document {
  return format === 'json' ? jsonDocument(io) : yamlDocument(io);
}

function jsonDocument(io: Pick<Io, 'out'>): Document {
  let fields = 0;
  let items: number | undefined;
  const next = () => (fields++ === 0 ? '{\n' : ',\n');
  const closeList = () => {
    const text = items === undefined ? '' : items === 0 ? ']' : '\n  ]';
    items = undefined;
    return text;
  };
  return {
    field: (name, value) =>
      io.out(`${closeList()}${next()}  ${JSON.stringify(name)}: ${indent(JSON.stringify(value, null, 2), '  ')}`),
    list(name) {
      const text = `${closeList()}${next()}  ${JSON.stringify(name)}: [`;
      items = 0;
      return io.out(text);
    },
    item(value) {
      const text = `${items === 0 ? '\n' : ',\n'}    ${indent(JSON.stringify(value, null, 2), '    ')}`;
      items = (items ?? 0) + 1;
      return io.out(text);
    },
    end: () => io.out(`${closeList()}${fields === 0 ? '{' : '\n'}}\n`),
  };
}

function yamlDocument(io: Pick<Io, 'out'>): Document {
  /** A list without items so far, of which it is unknown whether it is empty. */
  let opened: string | undefined;
  const closeList = () => {
    const text = opened === undefined ? '' : `${opened}: []\n`;
    opened = undefined;
    return text;
  };
  return {
    field: (name, value) => io.out(closeList() + yaml({ [name]: value })),
    list(name) {
      const text = closeList();
      opened = name;
      return io.out(text);
    },
    item(value) {
      const text = opened === undefined ? '' : `${opened}:\n`;
      opened = undefined;
      return io.out(text + indent(`  ${yaml([value])}`.trimEnd(), '  ') + '\n');
    },
    end: () => io.out(closeList()),
  };
}

const yaml = (value: unknown): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

const indent = (text: string, by: string): string => text.replaceAll('\n', `\n${by}`);
