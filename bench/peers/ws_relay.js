// A pairing relay as one writes it with node and `ws`: the first two sockets of a path hear each other.
const { WebSocketServer } = require('ws')
const waiting = new Map()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, maxPayload: 1 << 20 })
server.on('connection', (socket, request) => {
  const other = waiting.get(request.url)
  if (!other) {
    waiting.set(request.url, socket)
    socket.on('close', () => waiting.delete(request.url))
    return
  }
  waiting.delete(request.url)
  for (const [from, to] of [[socket, other], [other, socket]]) {
    from.on('message', (data, isBinary) => to.send(data, { binary: isBinary }))
    from.on('close', () => to.close())
    from.on('error', () => to.terminate())
  }
})
server.on('listening', () => console.log(server.address().port))
