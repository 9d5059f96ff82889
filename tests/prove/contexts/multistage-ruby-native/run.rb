require 'doubled'

puts Doubled.of(21)
