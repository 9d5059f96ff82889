require "rack"

puts "hello from rack #{Rack.release.split(".").first}"
