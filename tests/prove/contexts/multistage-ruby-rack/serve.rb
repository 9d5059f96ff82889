require 'bundler/setup'
require 'greet'
require 'rack'
require 'socket'

server = TCPServer.new('0.0.0.0', 18086)
loop do
  client = server.accept
  client.readpartial(4096)
  client.write("HTTP/1.0 200 OK\r\n\r\nrack #{Rack.release}\n")
  client.close
end
