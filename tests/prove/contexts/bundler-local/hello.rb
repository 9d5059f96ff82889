require 'bundler/setup'
require 'greet'
require 'rack'

puts Greet.hello(ARGV.first || 'world'), Rack.release
