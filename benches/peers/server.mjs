// An application with express, express-session and fhirclient: the routes of the program that it is compared with (`benches/ratios`).
//
//     node server.mjs PORT FHIR_BASE_URL CLIENT_ID

import express from 'express';
import session from 'express-session';
import smart from 'fhirclient';

const [port, iss, clientId] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const app = express();
app.use(session({ secret: 'of this program alone', resave: false, saveUninitialized: false }));

app.get('/plain', (request, response) => response.type('text').send('plain'));

app.get('/set', (request, response) => {
  request.session.colour = 'green';
  response.type('text').send('set');
});

app.get('/value', (request, response) => response.type('text').send(`${request.session.colour}`));

app.get('/launch', (request, response) => smart(request, response).authorize({
  iss,
  clientId,
  redirectUri: `${origin}/callback`,
  scope: 'launch/patient patient/*.rs offline_access',
  pkceMode: 'required',
}));

app.get('/callback', async (request, response) => {
  await smart(request, response).ready();
  response.redirect('/page');
});

app.get('/page', async (request, response) => {
  const client = await smart(request, response).ready();
  response.type('text').send(`${client.patient.id} ${client.state.tokenResponse.scope === ''}`);
});

app.listen(Number(port), '127.0.0.1', () => console.log('listening'));
