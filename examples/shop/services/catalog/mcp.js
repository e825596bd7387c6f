// The catalogue as an MCP server (https://modelcontextprotocol.io, streamable HTTP without a
// session): one tool, so that an agent in a slot can look up what that slot really sells.
import { search } from './catalog.js';

const FIND_PRODUCT = {
  name: 'find_product',
  description: 'Finds products by a part of their SKU or name. Prices are in cents.',
  inputSchema: {
    type: 'object',
    properties: { text: { type: 'string' } },
    required: ['text'],
  },
};

/** Answers one JSON-RPC message; notifications have no answer. */
export function answer(products, { id, method, params = {} }) {
  if (id === undefined) return null;
  const result = (value) => ({ jsonrpc: '2.0', id, result: value });
  const error = (code, message) => ({ jsonrpc: '2.0', id, error: { code, message } });

  switch (method) {
    case 'initialize':
      return result({
        protocolVersion: params.protocolVersion ?? '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'shop-catalog', version: '1.0.0' },
      });
    case 'ping':
      return result({});
    case 'tools/list':
      return result({ tools: [FIND_PRODUCT] });
    case 'tools/call': {
      const text = params.arguments?.text;
      if (params.name !== FIND_PRODUCT.name) return error(-32602, `no tool ${JSON.stringify(params.name)}`);
      if (typeof text !== 'string') return error(-32602, '"text" must be a string');
      return result({ content: [{ type: 'text', text: JSON.stringify(search(products, text)) }] });
    }
    default:
      return error(-32601, `no method ${JSON.stringify(method)}`);
  }
}
