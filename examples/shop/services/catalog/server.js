// GET /products, GET /products/{sku}, GET /healthz, POST /mcp
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { loadCatalog } from './catalog.js';
import { answer } from './mcp.js';

export function createServer(products) {
  return http.createServer(async (request, response) => {
    const send = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    try {
      const { pathname } = new URL(request.url, 'http://catalog');
      if (pathname === '/mcp') {
        // No stream of our own to listen to: GET is 405, as the protocol wants it.
        if (request.method !== 'POST') return send(405, { error: 'method not allowed' });
        const reply = answer(products, await readJSON(request));
        return reply ? send(200, reply) : send(202);
      }
      if (request.method !== 'GET') return send(405, { error: 'method not allowed' });
      if (pathname === '/healthz') return send(200, { status: 'ok', products: products.size });
      if (pathname === '/products') return send(200, [...products.values()]);

      const [, sku] = pathname.match(/^\/products\/([^/]+)$/) ?? [];
      const product = sku && products.get(decodeURIComponent(sku));
      return product ? send(200, product) : send(404, { error: 'not found' });
    } catch (error) {
      // A body that is no JSON, an URL that is none: the caller's fault.
      if (error instanceof SyntaxError || error instanceof URIError || error.code === 'ERR_INVALID_URL') {
        return send(400, { error: 'bad request' });
      }
      console.error(error);
      return send(500, { error: 'internal error' });
    }
  });
}

async function readJSON(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.env.PRODUCTS_FILE ?? fileURLToPath(new URL('products.json', import.meta.url));
  const server = createServer(await loadCatalog(file));
  server.listen(Number(process.env.PORT ?? 8080), () => console.log(`catalog listens on ${server.address().port}`));
  process.once('SIGTERM', () => server.close());
}
